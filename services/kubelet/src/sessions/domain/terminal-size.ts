/** More than any terminal has; the engine takes 16 bits. */
const MOST = 65_535;
/** `{"Width":65535,"Height":65535}` and some space. */
const MOST_BYTES = 256;

/** What a client says of its terminal's size; undefined for what can't be one. */
export function terminalSize(data: Uint8Array): { columns: number; rows: number } | undefined {
  if (data.length > MOST_BYTES) return undefined;
  try {
    const { Width: columns, Height: rows } = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>;
    return isSize(columns) && isSize(rows) ? { columns, rows } : undefined;
  } catch {
    return undefined;
  }
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST;
}
