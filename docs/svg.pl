# svg.pl SCREEN COLOURS: a screen of tests/e2e/terminal.pl as a picture, on stdout.
use strict;
use warnings;
use open qw(:std :utf8);
my ($wide, $high, $edge) = (8.4, 18, 12); # of a character, and around all of them
my %fill = (' ' => '#d8dee9', b => '#ffffff', d => '#8a93a3', r => '#ff6b6b', y => '#ffd166');

sub lines {
	open my $from, '<', $_[0] or die "$_[0]: $!";
	map { chomp; $_ } <$from>;
}
my @text = lines($ARGV[0]);
my @tint = lines($ARGV[1]);
pop @text while @text && $text[-1] eq '';
my ($width, $height) = (80 * $wide + 2 * $edge, @text * $high + 2 * $edge);
print qq(<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$height" );
print qq(viewBox="0 0 $width $height">\n);
print qq(<title>jk-table in a terminal</title>\n<rect width="100%" height="100%" rx="8" fill="#1e2430"/>\n);
print qq(<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" );
print qq(xml:space="preserve">\n);
for my $i (0 .. $#text) {
	my $tints = sprintf '%-80s', $tint[$i] // '';
	# a piece of one colour, placed by its column, so that fonts of any width fit
	while ($text[$i] =~ /(\S+(?: \S+)*)/g) {
		my ($from, $piece) = ($-[1], $1);
		while ($piece ne '') {
			my $letter = substr $tints, $from, 1;
			my $n = 0;
			$n++ while $n < length $piece && substr($tints, $from + $n, 1) eq $letter;
			my $part = substr $piece, 0, $n, '';
			my $x = $edge + $from * $wide;
			my $y = $edge + ($i + 0.75) * $high;
			my $length = $n * $wide;
			my $bold = $letter eq 'b' ? ' font-weight="bold"' : '';
			$part =~ s/&/&amp;/g;
			$part =~ s/</&lt;/g;
			printf qq(<text x="%.1f" y="%.1f" fill="%s" textLength="%.1f"%s>%s</text>\n), $x, $y,
				$fill{$letter} // $fill{' '}, $length, $bold, $part;
			$from += $n;
		}
	}
}
print "</g>\n</svg>\n";
