#!/bin/sh
# A CAN interface of the kernel: that frames pass through raw sockets.
. tests/vm/guest/lib.sh
ok "there is a CAN interface" ip link add vcan0 type vcan
ok "it is up" ip link set vcan0 up
ok "a frame passes" equals "$(tty-look can vcan0)" '2F4#1302B20F51000000'
done_testing
