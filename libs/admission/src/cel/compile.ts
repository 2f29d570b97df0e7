import type { Environment } from '@marcbachmann/cel-js';
import { additionalOf, itemsOf, type SchemaProps, type ValidationRule } from '../definitions/types';
import { CEL_OPTIONS, kubernetesEnvironment } from './environment';
import { compileCel, type CelFault, type CelProgram } from './program';
import { CelTypes, type CelType } from './types';

/** A rule of a schema, ready to be asked. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: CelProgram | CelFault;
  readonly message?: CelProgram | CelFault;
  /** It speaks of what the value was, so it is asked of changes. */
  readonly usesOldSelf: boolean;
}

/** The rules of a schema and of what is below it; where there are none there is nothing. */
export interface RuleTree {
  readonly schema: SchemaProps;
  /** Of the values that the rules here are asked of. */
  readonly type: CelType | undefined;
  readonly rules: readonly CompiledRule[];
  /** Whether any rule here or below is of changes. */
  readonly hasTransitions: boolean;
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items?: RuleTree;
  readonly additional?: RuleTree;
}

const compiled = new WeakMap<SchemaProps, { tree: RuleTree | undefined }>();

/** The rules of the schema of a resource's version, compiled when they are first needed. */
export function ruleTreeOf(schema: SchemaProps): RuleTree | undefined {
  let known = compiled.get(schema);
  if (known === undefined)
    compiled.set(schema, (known = { tree: hasRules(schema) ? new Compiler(schema).tree(schema, true) : undefined }));
  return known.tree;
}

const withRules = new WeakMap<SchemaProps, boolean>();

function hasRules(schema: SchemaProps): boolean {
  let has = withRules.get(schema);
  if (has === undefined) withRules.set(schema, (has = ownRules(schema).length > 0 || partsOf(schema).some(hasRules)));
  return has;
}

function partsOf(schema: SchemaProps): SchemaProps[] {
  const parts = [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)];
  return parts.filter((part) => part !== undefined);
}

/** Compiles the rules of one schema: its types are declared once, and `self` is another in each place. */
class Compiler {
  readonly #env = kubernetesEnvironment();
  readonly #types: CelTypes;
  /** By the type of `self`, and whether there may be no older one. */
  readonly #places = new Map<string, Environment>();

  constructor(root: SchemaProps) {
    this.#types = new CelTypes(this.#env, namesOfRules(root), parsers(kubernetesEnvironment()));
    this.#declare(root, true);
  }

  /** All types at once: an environment that was cloned takes no more of them. */
  #declare(schema: SchemaProps, isRoot: boolean): void {
    if (!hasRules(schema)) return;
    if (ownRules(schema).length > 0) this.#types.of(schema, isRoot);
    for (const part of partsOf(schema)) this.#declare(part, false);
  }

  tree(schema: SchemaProps, isRoot: boolean): RuleTree | undefined {
    if (!hasRules(schema)) return undefined;
    const rules = ownRules(schema);
    const type = rules.length === 0 ? undefined : this.#types.of(schema, isRoot);
    const properties = new Map<string, RuleTree>();
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const below = this.tree(property, false);
      if (below !== undefined) properties.set(name, below);
    }
    const [items, additional] = [itemsOf(schema), additionalOf(schema)].map((part) => part && this.tree(part, false));
    // Of what can't be seen nothing can be said.
    const compiled = type === undefined ? [] : rules.map((rule) => this.#rule(rule, type));
    const below = [...properties.values(), items, additional];
    const hasTransitions =
      compiled.some(({ usesOldSelf }) => usesOldSelf) || below.some((part) => part?.hasTransitions === true);
    return { schema, type, rules: compiled, hasTransitions, properties, items, additional };
  }

  #rule(rule: ValidationRule, { name }: CelType): CompiledRule {
    const env = this.#placeOf(name, rule.optionalOldSelf === true ? `optional<${name}>` : name);
    const program = compileCel(env, rule.rule);
    const { messageExpression = '' } = rule;
    const message = messageExpression === '' ? {} : { message: compileCel(env, messageExpression) };
    const usesOldSelf = 'names' in program && program.names.has('oldSelf');
    return { rule, program, usesOldSelf, ...message };
  }

  #placeOf(self: string, oldSelf: string): Environment {
    const key = `${self} ${oldSelf}`;
    let env = this.#places.get(key);
    if (env === undefined) {
      env = this.#env.clone(CEL_OPTIONS);
      env.registerVariable('self', self);
      env.registerVariable('oldSelf', oldSelf);
      this.#places.set(key, env);
    }
    return env;
  }
}

function ownRules(schema: SchemaProps): readonly ValidationRule[] {
  return schema['x-kubernetes-validations'] ?? [];
}

function namesOfRules(root: SchemaProps): Set<string> {
  const found = new Set<string>();
  const visit = (schema: SchemaProps): void => {
    for (const { rule, messageExpression = '' } of ownRules(schema)) {
      for (const [name] of `${rule} ${messageExpression}`.matchAll(/[A-Za-z_]\w*/g)) found.add(name);
    }
    partsOf(schema).forEach(visit);
  };
  visit(root);
  return found;
}

/** What CEL has types for beyond JSON is read by the language itself. */
function parsers(reader: Environment): ConstructorParameters<typeof CelTypes>[2] {
  reader.registerVariable('text', 'string');
  const duration = reader.parse('duration(text)');
  return {
    timestamp: (text) => (Number.isNaN(Date.parse(text)) ? text : new Date(text)),
    duration: (text) => {
      try {
        return duration({ text }) as unknown;
      } catch {
        return text;
      }
    },
  };
}
