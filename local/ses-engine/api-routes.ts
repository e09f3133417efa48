/** The part of the SES API v2 that Turnout uses, and `POST /control`, by which a test gives the account troubles. */
import type { FastifyInstance } from "fastify";
import { Compile } from "typebox/compile";
import { Type } from "typebox";
import { AccountSettings, type Account } from "./account.ts";
import type { Mailbox } from "./mailbox.ts";
import { readBulkCall, readSimpleCall } from "./send-request.ts";
import type { Sender } from "./sender.ts";
import { SesError } from "./ses-error.ts";

export interface ApiParts {
  readonly account: Account;
  readonly mailbox: Mailbox;
  readonly sender: Sender;
}

const changes = Compile(Type.Partial(AccountSettings, { additionalProperties: false }));

export async function apiRoutes(app: FastifyInstance, { account, mailbox, sender }: ApiParts): Promise<void> {
  const state = () => ({ ...account.settings, ...account.counts, mails: mailbox.counts });

  app.get("/control", async () => state());
  app.post("/control", async ({ body }) => {
    if (!changes.Check(body)) {
      const [error] = changes.Errors(body);
      throw new SesError(
        "BadRequestException",
        `${error?.instancePath || "The body"} ${error?.message ?? "is invalid"}`,
      );
    }
    account.change(body);
    return state();
  });
  app.delete("/mails", async (_request, reply) => {
    mailbox.clear();
    return reply.code(204).send();
  });

  await app.register(async (api) => {
    api.addHook("onRequest", async (request, reply) => {
      const { mode } = account.settings;
      if (mode === "down") {
        reply.hijack();
        request.raw.destroy();
        return reply;
      }
      if (mode === "error") throw new SesError("InternalServiceErrorException", "An internal error occurred.");
      return undefined;
    });
    api.get("/v2/email/account", async () => {
      const { settings, counts } = account;
      return {
        DedicatedIpAutoWarmupEnabled: false,
        EnforcementStatus: settings.mode === "suspended" ? "SHUTDOWN" : "HEALTHY",
        ProductionAccessEnabled: settings.productionAccess,
        SendingEnabled: settings.mode !== "paused" && settings.mode !== "suspended",
        SendQuota: {
          Max24HourSend: settings.max24HourSend,
          MaxSendRate: settings.maxSendRate,
          SentLast24Hours: counts.sentLast24Hours,
        },
      };
    });
    api.get<{ Params: { identity: string } }>("/v2/email/identities/:identity", async ({ params: { identity } }) => {
      if (!account.isVerified(identity)) {
        throw new SesError("NotFoundException", `Email identity ${identity} does not exist.`);
      }
      return {
        IdentityType: identity.includes("@") ? "EMAIL_ADDRESS" : "DOMAIN",
        FeedbackForwardingStatus: true,
        VerifiedForSendingStatus: true,
        VerificationStatus: "SUCCESS",
        DkimAttributes: { SigningEnabled: true, Status: "SUCCESS" },
      };
    });
    api.post("/v2/email/outbound-bulk-emails", async ({ body }) => ({
      BulkEmailEntryResults: sender.send(readBulkCall(body)),
    }));
    api.post("/v2/email/outbound-emails", async ({ body }) => {
      const [result] = sender.send(readSimpleCall(body));
      if (result?.Status === "SUCCESS") return { MessageId: result.MessageId };
      const { Status, Error: why = Status } = result ?? {};
      switch (Status) {
        case "ACCOUNT_DAILY_QUOTA_EXCEEDED":
        case "ACCOUNT_THROTTLED":
          throw new SesError("TooManyRequestsException", String(why));
        case "INVALID_PARAMETER":
          throw new SesError("BadRequestException", String(why));
        case "MESSAGE_REJECTED":
          throw new SesError("MessageRejected", String(why));
        default:
          throw new SesError("InternalServiceErrorException", String(why));
      }
    });
  });
}
