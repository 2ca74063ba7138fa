// Validates {id, value} pairs against schemas that refer to each other by their $id; prints the errors of each pair as JSON.
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { text } from "node:stream/consumers";

const { schemas, cases } = JSON.parse(await text(process.stdin));
const ajv = new Ajv2020({ allErrors: true });
addFormats(ajv);
ajv.addSchema(schemas);
const found = cases.map(({ id, value }) => {
  const validate = ajv.getSchema(id);
  return validate(value) ? [] : validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
});
console.log(JSON.stringify(found));
