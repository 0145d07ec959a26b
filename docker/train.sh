#!/bin/sh
# train.sh HEAD:PORT [FLAGS of sonic-worlds train]: trains on the cluster of that head.
set -eu
# A driver needs a Ray node beside it; this one takes no work.
ray start --address="$1" --num-cpus=0 --num-gpus=0 --object-store-memory=536870912 --metrics-export-port=8090
exec sonic-worlds train --address "$@"
