#!/bin/bash
# Lets the web tier write the log of Elastic Beanstalk's health agent, which nginx writes elsewhere. The agent reads
# application.log.YYYY-MM-DD-HH in this folder and in no other, and the platform gives it to nginx:
# https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-serverlogs.html
# Only figures on the environment's health page depend on it, so nothing here stops a deployment.
set -uo pipefail

# The worker tier has no such variable: the daemon's posts come through nginx, which writes its own.
[[ -n ${HEALTH_LOG_FOLDER:-} ]] || exit 0

# Whom the platform runs the application as: `get-config platformconfig -k AppUser` says so, on every branch.
# https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/custom-platforms-scripts.html
user=webapp

# The group stays nginx's. Whoever reads needs a way through the folder above.
mkdir -p "$HEALTH_LOG_FOLDER" &&
  chmod o+x "$(dirname "$HEALTH_LOG_FOLDER")" &&
  chown -R "$user" "$HEALTH_LOG_FOLDER" &&
  chmod 0775 "$HEALTH_LOG_FOLDER" ||
  echo "Turnout: $HEALTH_LOG_FOLDER cannot be given to $user; the health page will have no request figures."
exit 0
