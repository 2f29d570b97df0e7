import { refused, statusOf, type Result } from '@shiplog/apimachinery';
import type { Pod } from '@shiplog/contracts';
import { throwStatus } from './errors';
import { flagParam, param, type Query } from './options';

/** Which streams of a container's process a client wants. */
export interface SessionOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Ports of one port-forward over a WebSocket at most. */
const MOST_PORTS = 100;

/** Reads what exec and attach are asked for. With a terminal there is no stderr. 400 when nothing is wanted. */
export function sessionOptions(query: Query): SessionOptions {
  const tty = flagParam(query, 'tty');
  const options = {
    stdin: flagParam(query, 'stdin'),
    stdout: flagParam(query, 'stdout'),
    stderr: flagParam(query, 'stderr') && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr)
    throwStatus(statusOf.badRequest('you must specify at least 1 of stdin, stdout, stderr'));
  return options;
}

/** The words of the command of an exec. 400 when there are none. */
export function commandOf(query: Query): string[] {
  const given = query['command'] ?? [];
  const words = typeof given === 'string' ? [given] : given;
  if (words.length === 0) throwStatus(statusOf.badRequest('you must specify at least one command for the container'));
  return [...words];
}

/** The ports of a port-forward whose client does not name them later: repeated, or with commas between. 400 for what is no port. */
export function portsOf(query: Query): number[] {
  const given = query['ports'] ?? [];
  const texts = [given].flat().flatMap((text) => text.split(','));
  if (texts.length === 0 || texts[0] === '') throwStatus(statusOf.badRequest('query parameter "port" is required'));
  if (texts.length > MOST_PORTS)
    throwStatus(statusOf.badRequest(`at most ${MOST_PORTS} ports can be forwarded at once`));
  return texts.map(
    (text) => portOf(text) ?? throwStatus(statusOf.badRequest(`unable to parse ${JSON.stringify(text)} as a port`)),
  );
}

/** undefined for what is no port. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The container that is meant: the one asked for, or the only one there is (`validateContainer` of pkg/registry/core/pod). */
export function sessionContainer(pod: Pod, query: Query): Result<string> {
  const name = pod.metadata.name ?? '';
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const all = [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name);
  const asked = param(query, 'container');
  if (asked !== undefined) {
    if (all.includes(asked)) return { ok: true, value: asked };
    return refused(statusOf.badRequest(`container ${asked} is not valid for pod ${name}`));
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return { ok: true, value: only.name };
  const reason = `a container name must be specified for pod ${name}`;
  return refused(
    statusOf.badRequest(containers.length === 0 ? reason : `${reason}, choose one of: [${all.join(' ')}]`),
  );
}
