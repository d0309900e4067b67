#!/bin/sh
. tests/vm/guest/lib.sh
done_testing
