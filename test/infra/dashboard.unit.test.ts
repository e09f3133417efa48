import { t } from "../equipment/file-test.ts";
import { fullSettings, only, synthesized } from "./templates.ts";

const { main } = await synthesized();
const body = JSON.stringify(only(main, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]);

t.test("the dashboard shows everything that an operator needs while an event opens", async (t) => {
  for (const label of [
    "Accepted",
    "Stored",
    "Messages waiting",
    "Registrations waiting \\(estimate\\)",
    "Age of the oldest message",
    "Registrations drained each second",
    "Instances in service",
    "CPU",
    "Memory of the fullest instance",
    "turnout_web_memory_used_percent",
    "turnout_worker_memory_used_percent",
    "NetworkIn",
    "NetworkOut",
    "5xx by the web tier",
    "5xx by the load balancer",
    "Throttled writes",
    "Dead letters",
  ]) {
    t.match(body, new RegExp(label), label);
  }
});

t.test("depth is shown in messages and in people, and says where each comes from", async (t) => {
  t.match(body, /messages are exact, registrations waiting .* told from what all instances wrote down/);
});

t.test("it leads to the runbook's first section", async (t) => {
  t.match(body, /section \\+"When an alarm rings\\+"/);
});

t.test("mail has its row where there is mail, and only there", async (t) => {
  const { main: full } = await synthesized({ settings: fullSettings });
  const whole = JSON.stringify(only(full, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]);
  for (const label of ["Mail packs waiting", "Mail packs given up", "Reputation.BounceRate", "ses:configuration-set"]) {
    t.match(whole, label);
    t.notMatch(body, label);
  }
});

t.test("all alarms are on it", async (t) => {
  t.match(body, /ObservabilityBacklogIsOld/);
  t.match(body, /ObservabilityDaemonIsUnhealthy/);
});

t.test("CPU, memory and network are shown for both tiers", async (t) => {
  for (const metric of ["CPUUtilization", "NetworkIn", "NetworkOut"]) {
    for (const tier of ["Web", "Worker"]) {
      const shown = new RegExp(
        `${metric}[^\\]]+AutoScalingGroupName[^\\]]+Scaling${tier}Group|${metric}[\\s\\S]{0,200}${tier}Group`,
      );
      t.match(body, shown, `${metric} of the ${tier} tier`);
    }
  }
});
