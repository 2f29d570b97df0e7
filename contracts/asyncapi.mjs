// Writes contracts/asyncapi.yaml: every subject of the bus, with JSON schemas taken from the TypeScript types, so that
// the document cannot say anything else than the code.  node contracts/asyncapi.mjs [--check]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { CHANNELS, INFO } from './asyncapi-channels.mjs';

const require = createRequire(import.meta.url);
const ts = require('typescript');
const { stringify } = require('yaml');

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TARGET = here('asyncapi.yaml');
/** A file that exists only for the compiler. */
const LOOKUPS = 'asyncapi-types.ts';

/** Turns types into schemas; named ones become components, so that the document repeats nothing. */
class Schemas {
  components = {};

  constructor(checker) {
    this.checker = checker;
  }

  /** The schema of a type where it is used. */
  of(type) {
    const name = this.nameOf(type);
    if (name === undefined) return this.inline(type);
    if (!(name in this.components)) {
      this.components[name] = {}; // Before its parts: a type may contain itself.
      this.components[name] = { ...this.describe(type.aliasSymbol ?? type.symbol), ...this.inline(type) };
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** Exported, not generic, and an object or a union: worth a name. */
  nameOf(type) {
    const symbol = type.aliasSymbol ?? type.symbol;
    const structured = type.isUnion() || (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
    const generic = (type.aliasTypeArguments ?? this.checker.getTypeArguments?.(type) ?? []).length > 0;
    if (symbol === undefined || !structured || generic || this.checker.isArrayType(type)) return undefined;
    const declared = symbol.declarations?.[0];
    const exported = declared !== undefined && ts.getCombinedModifierFlags(declared) & ts.ModifierFlags.Export;
    const { fileName } = declared?.getSourceFile() ?? { fileName: '' };
    return exported && fileName.includes('/contracts/src/') && !fileName.endsWith(LOOKUPS) ? symbol.name : undefined;
  }

  inline(type) {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isUnion()) return this.union(type);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: type.intrinsicName === 'true' };
    if (flags & ts.TypeFlags.TemplateLiteral) return { type: 'string' };
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (this.checker.isArrayType(type))
      return { type: 'array', items: this.of(this.checker.getTypeArguments(type)[0]) };
    return this.object(type);
  }

  union(type) {
    const members = type.types.filter((member) => !(member.flags & ts.TypeFlags.Undefined));
    if (members.every((member) => member.isStringLiteral()))
      return { type: 'string', enum: members.map((m) => m.value).sort() };
    if (members.every((member) => member.flags & ts.TypeFlags.BooleanLiteral)) return { type: 'boolean' };
    return members.length === 1 ? this.of(members[0]) : { oneOf: members.map((member) => this.of(member)) };
  }

  object(type) {
    const properties = {};
    const required = [];
    for (const property of this.checker.getPropertiesOfType(type)) {
      const optional = property.flags & ts.SymbolFlags.Optional;
      const own = this.checker.getTypeOfSymbol(property);
      const schema = this.of(optional ? this.checker.getNonNullableType(own) : own);
      // `$ref` stands alone in a schema: a remark beside it would be lost.
      properties[property.name] = '$ref' in schema ? schema : { ...this.describe(property), ...schema };
      if (!optional) required.push(property.name);
    }
    const index = this.checker.getIndexInfoOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(index === undefined ? {} : { additionalProperties: this.additional(index.type) }),
    };
  }

  additional(type) {
    const schema = this.of(type);
    return Object.keys(schema).length === 0 ? true : schema;
  }

  describe(symbol) {
    const text = ts.displayPartsToString(symbol?.getDocumentationComment(this.checker) ?? []);
    return text === '' ? {} : { description: text.replace(/\s*\n\s*/g, ' ') };
  }
}

/** The types that the channel table names are looked up as TypeScript would: `Queries['object']['ask']`. */
function typesByExpression(expressions) {
  const file = here(`src/${LOOKUPS}`);
  const text = `import type * as c from './index';\n${expressions.map((text, i) => `export type T${i} = ${qualify(text)};`).join('\n')}`;
  const { config } = ts.readConfigFile(here('../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, here('..'));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : read(name, version);
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || exists(name);
  const program = ts.createProgram(
    [file],
    { ...options, incremental: false, tsBuildInfoFile: undefined, types: [] },
    host,
  );
  const checker = program.getTypeChecker();
  const wrong = program.getSemanticDiagnostics(program.getSourceFile(file));
  if (wrong.length > 0) throw new Error(ts.flattenDiagnosticMessageText(wrong[0].messageText, '\n'));
  const aliases = program.getSourceFile(file).statements.filter(ts.isTypeAliasDeclaration);
  const types = aliases.map((alias) => checker.getTypeFromTypeNode(alias.type));
  return { checker, types: new Map(expressions.map((expression, i) => [expression, types[i]])) };
}

/** Names of exported types are looked up in the contracts; TypeScript's own (Uint8Array, …) are not used. */
function qualify(expression) {
  return expression.replace(/\b(?<!['"])([A-Z]\w*)(?!\w*['"])/g, 'c.$1');
}

function buildDocument() {
  const expressions = [
    ...new Set(CHANNELS.flatMap((row) => [row.payload, row.reply]).filter((text) => text !== undefined)),
  ];
  const { checker, types } = typesByExpression(expressions);
  const schemas = new Schemas(checker);
  const channels = {};
  const operations = {};
  const message = (text, headers) => ({
    contentType: 'application/json',
    ...(headers ? { headers } : {}),
    payload: schemas.of(types.get(text)),
  });
  for (const row of CHANNELS) {
    const messages = {
      ...(row.payload === undefined ? {} : { [row.id]: message(row.payload, row.headers) }),
      ...(row.reply === undefined ? {} : { [`${row.id}Reply`]: message(row.reply) }),
    };
    const parameters = Object.fromEntries(
      [...row.address.matchAll(/{(\w+)}/g)].map(([, name]) => [
        name,
        row.parameters?.[name] ?? { description: `One subject token; see subjectToken in subjects.ts.` },
      ]),
    );
    channels[row.id] = {
      address: row.address,
      description: row.says,
      ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
      messages,
    };
    const ref = (name) => ({ $ref: `#/channels/${row.id}/messages/${name}` });
    operations[row.operation] = {
      action: row.action,
      channel: { $ref: `#/channels/${row.id}` },
      summary: row.does,
      ...(row.payload === undefined ? {} : { messages: [ref(row.id)] }),
      ...(row.reply === undefined
        ? {}
        : { reply: { channel: { $ref: `#/channels/${row.id}` }, messages: [ref(`${row.id}Reply`)] } }),
    };
  }
  const sorted = Object.fromEntries(Object.entries(schemas.components).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...INFO, channels, operations, components: { schemas: sorted } };
}

const yaml = stringify(buildDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });
const remark = '# Written by contracts/asyncapi.mjs from the types in contracts/src; do not edit.';
const text = await format(`${remark}\n${yaml}`, { ...(await resolveConfig(TARGET)), parser: 'yaml' });
if (process.argv.includes('--check')) {
  if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) {
    console.error('contracts/asyncapi.yaml is not what the types say: run npm run generate');
    process.exit(1);
  }
} else {
  writeFileSync(TARGET, text);
}
