/** The unit tests of console/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("console");
