import { t } from "../../equipment/file-test.ts";
import { readStackConfig, StackConfig } from "../../../infra/config.ts";
import { deployableSettings, deployCommand, settingBounds } from "../../../load/plan/deployable-settings.ts";
import { instanceTypes } from "../../../load/plan/prices.ts";

const settings = { webInstances: 41, workerInstances: 18, warmWritesPerSecond: 40_000, leadSeconds: 900 };
const contextOf = (entries: readonly { readonly name: string; readonly value: unknown }[]) =>
  Object.fromEntries(entries.map(({ name, value }) => [name, value]));

t.test("each is a setting of a deployment, has its default, and all together are deployed as they stand", async (t) => {
  const properties = StackConfig.properties as Record<string, { readonly default?: unknown }>;
  for (const counts of [
    settings,
    { ...settings, webInstances: 2, workerInstances: 2, warmWritesPerSecond: 4_000 },
    { ...settings, webInstances: settingBounds.instances, workerInstances: settingBounds.instances },
  ]) {
    for (const type of instanceTypes) {
      const deployable = deployableSettings(counts, type, type);
      const config: Record<string, unknown> = { ...readStackConfig(contextOf(deployable)) };
      for (const { name, value, preset } of deployable) {
        t.equal(config[name], value, name);
        t.equal(properties[name]?.default, preset, `the default of ${name}`);
      }
    }
  }
});

t.test("the check that accepts them rejects a name that is no setting, and more than the bounds", async (t) => {
  t.throws(() =>
    readStackConfig({ ...contextOf(deployableSettings(settings, "c7g.medium", "c7g.medium")), minInstances: 2 }),
  );
  const { instances, warmWritesPerSecond } = settingBounds;
  t.throws(() => readStackConfig({ webRushInstances: instances + 1, webMaxInstances: instances + 1 }));
  t.throws(() => readStackConfig({ tableWarmWritesPerSecond: warmWritesPerSecond + 1 }));
});

t.test("the command names what differs from the defaults, as a deployment reads it", async (t) => {
  const command = deployCommand(deployableSettings(settings, "c7g.large", "c7g.medium"));
  t.match(command, /^npm run deploy -- -c webInstanceType=c7g\.large /);
  const given = [...command.matchAll(/-c (\w+)=(\S+)/g)].map(([, name = "", value = ""]) => ({ name, value }));
  t.match(readStackConfig(contextOf(given)), {
    webRushInstances: 41,
    webMaxInstances: 41,
    workerRushInstances: 18,
    tableWarmWritesPerSecond: 40_000,
  });
  t.notMatch(command, "workerInstanceType");
  const defaults = { ...settings, webInstances: 6, workerInstances: 3, warmWritesPerSecond: 4_000 };
  t.equal(deployCommand(deployableSettings(defaults, "c7g.medium", "c7g.medium")), "npm run deploy");
});
