import type { FoldedEvent } from '@shiplog/cluster';
import { EVENT_FORMAT, type EventData, type Fact, type LogEvent, type ResourceId } from '@shiplog/contracts';
import { upcast } from '../upcast/upcast';
import { decoded, type RowReader } from './copy-rows';

/** What of an event says where it belongs; what it holds is read when somebody wants it: that is most of the work. */
export interface LateEvent extends Pick<LogEvent, 'position' | 'fact' | 'resource' | 'namespace' | 'name' | 'node'> {
  /** What it takes until then. */
  readonly bytes: number;
  /** What of it is folded. */
  read(): FoldedEvent;
}

/** The columns that LoggedRow reads, in its order. */
export const FOLDED_COLUMNS = 'position, type, version, resource, namespace, name, node, data';

/** A row of the log. Its data stays the bytes that came, as a text of its own: nothing of what they came in is held on to. */
export class LoggedRow implements LateEvent {
  private constructor(
    readonly position: number,
    private readonly type: string,
    private readonly version: number,
    readonly resource: ResourceId,
    readonly namespace: string,
    readonly name: string,
    readonly node: string,
    private readonly data: string,
  ) {}

  /** From a row of FOLDED_COLUMNS. */
  static read(row: RowReader): LoggedRow {
    const position = row.big();
    const type = row.common();
    const version = row.small();
    const resource = row.common() as ResourceId;
    return new LoggedRow(position, type, version, resource, row.common(), row.text(), row.common(), row.encoded());
  }

  /** In the format of today. */
  get fact(): Fact {
    return this.version === EVENT_FORMAT ? (this.type as Fact) : (upcast({ ...this.#place, data: {} }).type as Fact);
  }

  get bytes(): number {
    return this.data.length;
  }

  read(): FoldedEvent {
    const { resource, namespace, name } = this;
    const { type, data } = upcast({ ...this.#place, data: JSON.parse(decoded(this.data)) as unknown });
    return { position: this.position, resource, fact: type as Fact, namespace, name, data: data as EventData };
  }

  get #place() {
    const { position, type, version, resource } = this;
    return { position, type, version, resource };
  }
}
