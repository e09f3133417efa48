/** Serves `/openapi.json`: one document for each language in which the event describes its fields. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import type { Language } from "../shared/page/language.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { eventIn, languagesOf } from "../shared/registration/event-translation.ts";
import { documentInfo, linkOperations, routeDocumentation } from "./openapi.ts";
import type { LanguageChoice } from "./page/language.ts";

export interface ApiDocumentsOptions {
  readonly event: EventDefinition;
  readonly language: LanguageChoice;
  /** The site's public origin; undefined when unknown. */
  readonly publicUrl: string | undefined;
}

/**
 * To be called before the routes that it describes are registered.
 * @returns adds the route, after them
 */
export async function collectApiDocuments(
  app: FastifyInstance,
  { event, language, publicUrl }: ApiDocumentsOptions,
): Promise<() => void> {
  const decoratorOf = (one: Language) => `openApi-${one}`;
  const offered = languagesOf(event);
  // Without a choice, the organiser's texts are the same in every language.
  const documented = language.isChosen ? offered : offered.slice(0, 1);
  for (const one of documented) {
    const translated = eventIn(event, one);
    // oxlint-disable-next-line no-await-in-loop
    await app.register(swagger, {
      decorator: decoratorOf(one) as string & Record<never, never>,
      openapi: {
        openapi: "3.1.0",
        info: documentInfo(translated),
        ...(publicUrl !== undefined && { servers: [{ url: publicUrl }] }),
      },
      transform: routeDocumentation(translated),
      transformObject: linkOperations,
    });
  }
  return () => {
    app.get("/openapi.json", { schema: { hide: true } }, async (request, reply) => {
      if (language.isChosen) reply.header("vary", "Accept-Language");
      const asked = language.isChosen ? language.of(request) : documented[0];
      return app.getDecorator<() => unknown>(decoratorOf(asked as Language))();
    });
  };
}
