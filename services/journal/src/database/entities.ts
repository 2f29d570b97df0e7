import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { ResourceId } from '@shiplog/contracts';

/** Positions stay far below 2^53: numbers are exact. */
const asNumber: ValueTransformer = {
  to: (value: number | null) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** A row of the log, to be read, in the format that its `version` says; appends go another way (append.ts). */
@Entity('events')
export class EventRow {
  @PrimaryColumn({ type: 'bigint', transformer: asNumber })
  position!: number;

  @Column({ type: 'timestamptz' })
  time!: Date;

  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'smallint' })
  version!: number;

  @Column({ type: 'text' })
  resource!: ResourceId;

  @Column({ type: 'text' })
  namespace!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  uid!: string;

  @Column({ type: 'text' })
  node!: string;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ name: 'command_id', type: 'text' })
  commandId!: string;

  @Column({ name: 'command_seq', type: 'integer' })
  commandSeq!: number;

  @Column({ type: 'bigint', nullable: true, transformer: asNumber })
  cause!: number | null;

  @Column({ type: 'bigint', nullable: true, transformer: asNumber })
  basis!: number | null;

  @Column({ type: 'json' })
  data!: unknown;

  @Column({ type: 'text', nullable: true })
  via!: string | null;
}

/** A command that was answered; appends write it (append.ts), and command.repository.ts reads it. */
@Entity('commands')
export class CommandRow {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** Of its events; null when it has none, or a `reply`. */
  @Column({ type: 'bigint', nullable: true, transformer: asNumber })
  first!: number | null;

  @Column({ type: 'integer' })
  count!: number;

  /** What became of each item, for commands that have several. */
  @Column({ type: 'json', nullable: true })
  items!: unknown;

  /** The answer, where events don't tell it: a refusal, or that nothing had to change. */
  @Column({ type: 'json', nullable: true })
  reply!: unknown;

  /** When it was answered: for how long the answer is kept counts from there. */
  @Column({ type: 'timestamptz' })
  at!: Date;
}

/** A complete snapshot; its objects are in the parts. */
@Entity('snapshots')
export class SnapshotRow {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'bigint', transformer: asNumber })
  position!: number;

  @Column({ name: 'taken_at', type: 'timestamptz' })
  takenAt!: Date;

  /** Of the journal that took it. */
  @Column({ type: 'bigint', transformer: asNumber })
  epoch!: number;

  /** How its parts are written, and by which rules their objects were folded (snapshot-parts.ts). */
  @Column({ type: 'smallint' })
  format!: number;

  @Column({ type: 'integer' })
  objects!: number;

  @Column({ type: 'integer' })
  parts!: number;

  @Column({ type: 'text' })
  hash!: string;

  @Column({ type: 'json' })
  channels!: Record<string, number>;
}

/** Some of a snapshot's objects (snapshot-parts.ts). */
@Entity('snapshot_parts')
export class SnapshotPartRow {
  @PrimaryColumn({ type: 'uuid' })
  snapshot!: string;

  /** From 0. */
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'bytea' })
  data!: Buffer;
}
