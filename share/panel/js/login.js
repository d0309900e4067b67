// The user and the password, when the broker wants them.  They are kept for the tab only.

function login(changed) {
	const user = el('input', {id: 'user', name: 'username', autocomplete: 'username', required: true});
	const password = el('input', {
		id: 'password',
		name: 'password',
		type: 'password',
		autocomplete: 'current-password',
	});
	function submit(event) {
		event.preventDefault();
		account.set(user.value, password.value);
		connection.refused = null;
		connect(changed);
		changed();
	}
	const wrong = makeText('p', {class: 'danger', role: 'alert'}, () =>
		connection.refused === 'wrong'
			? t('The broker does not accept this user and password.')
			: '',
	);
	const node = el(
		'form',
		{class: 'tile login', on: {submit}},
		el('h2', null, t('Log in')),
		el('p', null, t('The broker asks for a user and a password.')),
		el('label', {for: 'user'}, t('User')),
		user,
		el('label', {for: 'password'}, t('Password')),
		password,
		wrong.node,
		el('button', {type: 'submit'}, t('Log in')),
	);
	return {...group(node, [wrong]), begin: () => user.focus()};
}
