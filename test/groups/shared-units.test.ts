/** The unit tests of shared/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("shared");
