/** A setting read from one environment variable. */
export interface Setting<T> {
  readonly env: string;
  /** One sentence for `--help`. */
  readonly description: string;
  /** How the default is shown; absent when the setting must be given. */
  readonly shownDefault?: string;
  /** The value of a text, or the reason why it isn't one; undefined text means that nothing was given. */
  parse(text: string | undefined): { ok: true; value: T } | { ok: false; reason: string };
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type ConfigOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

interface Base<T> {
  env: string;
  description: string;
  default?: T;
}

function setting<T>(base: Base<T>, shown: string | undefined, read: (text: string) => T | Error): Setting<T> {
  const { env, description, default: otherwise } = base;
  return {
    env,
    description,
    shownDefault: otherwise === undefined ? undefined : shown,
    parse(text) {
      if (text === undefined || text === '') {
        if ('default' in base) return { ok: true, value: otherwise as T };
        return { ok: false, reason: `must be set: ${description}` };
      }
      const value = read(text);
      return value instanceof Error ? { ok: false, reason: value.message } : { ok: true, value };
    },
  };
}

/** Any text; with `pattern`, one that matches it (`example` is shown when it doesn't). */
export function text(options: Base<string> & { pattern?: RegExp; example?: string }): Setting<string> {
  return setting(options, options.default, (given) =>
    options.pattern === undefined || options.pattern.test(given)
      ? given
      : new Error(`is "${given}", which is not of the form ${options.example ?? String(options.pattern)}`),
  );
}

/** Whatever a text stands for; `default` is a text, too. `read` answers what is wrong as an Error whose message follows the setting's name. */
export function parsed<T>(options: Base<string> & { default: string; read: (text: string) => T | Error }): Setting<T> {
  const value = options.read(options.default);
  if (value instanceof Error) throw value;
  return setting({ ...options, default: value }, options.default, options.read);
}

/** A text that may be missing. */
export function optionalText(options: { env: string; description: string }): Setting<string | undefined> {
  return {
    ...options,
    shownDefault: 'none',
    parse: (given) => ({ ok: true, value: given === '' ? undefined : given }),
  };
}

/** A whole number within bounds. */
export function integer(options: Base<number> & { min?: number; max?: number }): Setting<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return setting(options, String(options.default), (given) => {
    const value = Number(given);
    return Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : new Error(`is "${given}", which is not a whole number from ${min} to ${max}`);
  });
}

/** A duration, given as `250ms`, `5s`, `2m` or a number of seconds; the value is in milliseconds. */
export function duration(options: {
  env: string;
  description: string;
  default: string;
  minMs?: number;
}): Setting<number> {
  const milliseconds = (given: string): number | Error => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(given);
    const value =
      match === null ? NaN : Number(match[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[(match[2] ?? 's') as 's'];
    if (Number.isNaN(value)) return new Error(`is "${given}", which is not a duration such as 250ms, 5s or 2m`);
    return value >= (options.minMs ?? 0)
      ? value
      : new Error(`is "${given}", which is shorter than ${options.minMs} ms`);
  };
  const value = milliseconds(options.default);
  if (value instanceof Error) throw value;
  return setting({ env: options.env, description: options.description, default: value }, options.default, milliseconds);
}

/** One of a few words. */
export function choice<const T extends string>(options: Base<NoInfer<T>> & { of: readonly T[] }): Setting<T> {
  return setting<T>(options, options.default, (given) => {
    const found = options.of.find((word) => word === given);
    return found ?? new Error(`is "${given}", which is none of ${options.of.join(', ')}`);
  });
}

/** true/false, yes/no, 1/0, on/off. */
export function flag(options: Base<boolean>): Setting<boolean> {
  return setting(options, String(options.default), (given) => {
    if (/^(1|true|yes|on)$/i.test(given)) return true;
    if (/^(0|false|no|off)$/i.test(given)) return false;
    return new Error(`is "${given}", which is neither true nor false`);
  });
}

/** A wrong configuration: its message says which settings are wrong and why, a line each. */
export class ConfigError extends Error {}

/** Reads all settings, or says everything that is wrong with them at once. */
export function readConfig<S extends Settings>(
  settings: S,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<S> {
  const wrong: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const result = setting.parse(env[setting.env]);
    if (result.ok) config[name] = result.value;
    else wrong.push(`${setting.env} ${result.reason}`);
  }
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return config as ConfigOf<S>;
}

/** The settings as `--help` shows them. */
export function describeSettings(settings: Settings): string {
  const rows = Object.values(settings).map(
    ({ env, description, shownDefault }) =>
      [env, description, shownDefault === '' ? 'none' : (shownDefault ?? 'required')] as const,
  );
  const width = Math.max(...rows.map(([env]) => env.length));
  return rows
    .map(
      ([env, description, value]) =>
        `  ${env.padEnd(width)}  ${description} (${value === 'required' ? value : `default ${value}`})`,
    )
    .join('\n');
}
