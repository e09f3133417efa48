/** What the web peers answer: less than the product, which adds a receipt and a URL. */
import { Type } from "typebox";

export const acceptedSchema = Type.Object({ status: Type.Literal("pending") });
