#!/bin/sh
# $${HOME} is the shell's; names without a second dollar sign are of Terrace.
echo "${name} listens on ${port}" > /etc/motd
