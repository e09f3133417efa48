import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import t from "tap";
import { createDeploymentClients, firewallRegion, readAccount } from "../../../deploy/stack/clients.ts";
import { explain } from "../../../terminal/exit.ts";
import { account, awsError, openAccount, region } from "./account-stand-in.ts";

t.test("whose account it is, and where", async (t) => {
  const { clients } = openAccount(t);
  t.same(await readAccount(clients), { account, region, identity: `arn:aws:iam::${account}:user/ann` });
});

t.test("missing and expired credentials are told, with what to do", async (t) => {
  const { clients, mocks } = openAccount(t);
  for (const name of ["CredentialsProviderError", "ExpiredToken", "InvalidClientTokenId"]) {
    mocks.sts.on(GetCallerIdentityCommand).rejects(awsError(name));
    const error: unknown = await readAccount(clients).catch((thrown: unknown) => thrown);
    t.match(explain(error), /aws sso login.*--profile/, name);
  }
});

t.test("firewalls are asked for in their own region, everything else in the deployment's", async (t) => {
  const clients = createDeploymentClients({ region });
  t.equal(await clients.firewalls.config.region(), firewallRegion);
  t.equal(await clients.cloudFormation.config.region(), region);
  t.equal(await clients.cloudFormation.config.maxAttempts(), 8);
  clients.close();
  clients.close();
});
