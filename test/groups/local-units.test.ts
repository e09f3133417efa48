/** The unit tests of local/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("local");
