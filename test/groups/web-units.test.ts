/** The unit tests of web/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("web");
