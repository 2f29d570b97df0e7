import { Appender, type AppendOutcome, type Commit } from '../../../../services/journal/src/database/append';
import { broken, type Session, type Store } from './store';

/** What stands in for the appender of an epoch. */
class SimAppender {
  constructor(
    private readonly store: Store,
    private readonly session: Session,
    private readonly epoch: number,
  ) {}

  append(commit: Commit): Promise<AppendOutcome> {
    return this.store.ask(this.session, () => this.store.append(this.epoch, commit));
  }

  async close(): Promise<void> {
    this.store.close(this.session);
    await Promise.resolve();
  }
}

/** Has journals append to the simulated log; returns what undoes it. */
export function installAppender(store: Store): () => void {
  const { open } = Appender;
  Appender.open = async (_url, epoch, onError) => {
    const process = store.world.current;
    if (process === undefined) throw new Error('no process appends');
    const session = store.open(process, onError);
    await store.ask(session, () => {
      if (store.isAway) throw broken('the database is starting up');
    });
    return new SimAppender(store, session, epoch) as unknown as Appender;
  };
  return () => void (Appender.open = open);
}
