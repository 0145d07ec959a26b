#!/usr/bin/env bash
# One run on a Slurm cluster: Ray on every node of the allocation, the driver on the first.
#   sbatch --nodes=4 --cpus-per-task=16 cluster/launch/slurm.sh --name first --actors 60
# Words after the script's name go to `sonic-worlds train`. The checkout, its .venv and runs/ are on a file system that
# all nodes share. Ten minutes before the time is up the run saves and ends, and the job is queued again: it goes on.
#SBATCH --job-name=sonic-worlds
#SBATCH --ntasks-per-node=1
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@600
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

cd "${SLURM_SUBMIT_DIR:?this is for sbatch}"
bin=$PWD/.venv/bin
port=6379
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(srun --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | awk '{print $1}')

# All parts of this job share a token that nobody else has.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_TOKEN

srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" \
    "$bin/ray" start --head --node-ip-address="$address" --port="$port" --dashboard-host=127.0.0.1 \
    --num-cpus="$SLURM_CPUS_PER_TASK" --disable-usage-stats --block &
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    sleep 10
    srun --overlap --nodes="$((SLURM_JOB_NUM_NODES - 1))" --ntasks="$((SLURM_JOB_NUM_NODES - 1))" --exclude="$head" \
        "$bin/ray" start --address="$address:$port" --num-cpus="$SLURM_CPUS_PER_TASK" --disable-usage-stats --block &
fi
sleep 20

"$bin/sonic-worlds" train --address "$address:$port" --auto-resume "$@" &
run=$!
ending=no
# The first SIGTERM lets the run save.
trap 'ending=yes; kill -TERM "$run"' TERM
status=0
wait "$run" || status=$?
if [ "$ending" = yes ]; then
    status=0
    wait "$run" || status=$?
    [ "$status" -ne 0 ] || scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
