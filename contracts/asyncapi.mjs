// Writes contracts/asyncapi.yaml: every subject of the bus with its schemas, from the declarations in
// contracts/src/messages, so that the document cannot say anything else than the code.  node contracts/asyncapi.mjs [--check]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { build } from '../infra/build.mjs';

const require = createRequire(import.meta.url);
const TARGET = fileURLToPath(new URL('asyncapi.yaml', import.meta.url));

await build();
const { asyncApiDocument } = require('../dist/contracts/src/messages/asyncapi.js');
const { stringify } = require('yaml');

const remark = '# Written by contracts/asyncapi.mjs from the declarations in contracts/src/messages; do not edit.';
const yaml = stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });
const text = await format(`${remark}\n${yaml}`, { ...(await resolveConfig(TARGET)), parser: 'yaml' });
if (process.argv.includes('--check')) {
  if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) {
    console.error('contracts/asyncapi.yaml is not what the declarations say: run npm run generate');
    process.exit(1);
  }
} else {
  writeFileSync(TARGET, text);
}
