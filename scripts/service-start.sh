#!/bin/sh
# What s6 starts of each stage: run, finish and log/run are links to this file, and so are the handlers of
# signals.  The script is beside the link: so the directory of the tree may be where nothing can be executed.
case ${1-} in
--probe) echo jk-service ;;
*)
	# shellcheck source=/dev/null
	. "$0.sh"
	;;
esac
