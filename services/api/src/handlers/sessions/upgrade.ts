import type { IncomingMessage } from 'node:http';
import type { UpgradeConnection } from '../../common/web-socket';
import type { BodyAnswer } from '../../rest/answer';
import { textAnswer } from '../../rest/answer';
import type { ResourceRequest } from '../../rest/request';
import { listOf } from '../../rest/header-list';

/** A request that wants its connection for something else than HTTP, admitted. Nothing was answered yet. */
export interface Upgrade extends UpgradeConnection {
  readonly resource: ResourceRequest;
}

/** In place of an upgrade. */
export class UpgradeRefused extends Error {
  constructor(readonly answer: BodyAnswer) {
    super(String(answer.body));
  }
}

export type UpgradeKind = 'websocket' | 'spdy';

/** What a connection is wanted for; undefined for what is not spoken here. */
export function upgradeKind({ headers }: Pick<IncomingMessage, 'headers'>): UpgradeKind | undefined {
  const wanted = listOf(headers.upgrade).map((word) => word.toLowerCase());
  if (wanted.includes('websocket')) return 'websocket';
  return wanted.includes('spdy/3.1') ? 'spdy' : undefined;
}

/** Sends the connection over to SPDY. */
export function switchToSpdy({ socket }: Pick<Upgrade, 'socket'>, version: string): void {
  const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  socket.write(`${[...head, `X-Stream-Protocol-Version: ${version}`].join('\r\n')}\r\n\r\n`);
}

/** No version that the client offers is known: it is told which are. */
export function throwUnknownVersion(known: readonly string[], offered: readonly string[]): never {
  const list = (names: readonly string[]): string => names.join(' ');
  throw new UpgradeRefused({
    ...textAnswer(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${list(offered)}], server accepts [${list(known)}]`,
    ),
    headers: { 'x-accepted-stream-protocol-versions': known.join(', ') },
  });
}
