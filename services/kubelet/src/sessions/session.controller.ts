import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { carryBytes, DuplexContext, NodeRequest, type AcceptableStream } from '@shiplog/bus';
import { AttachContainer, Dial, Exec, type PayloadOf } from '@shiplog/contracts';
import { RuntimeError, type ContainerSession, type PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { carrySession, tellStatus } from './carry-session';
import { brokenStatus, exitStatus } from './domain/exit-status';
import { PodDialer } from './pod-dialer';
import { RunningContainers } from './running-container';
import { Sessions } from './sessions';
import { ExecRecords } from './exec-records';

/** How long a server that has said all is told what still comes, in milliseconds: as long as containerd does. */
const LINGER_MS = 1_000;

/** Opens sessions to the containers of this node, and connections to the ports of its pods. */
@Controller()
export class SessionController {
  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly containers: RunningContainers,
    private readonly records: ExecRecords,
    private readonly dialer: PodDialer,
    private readonly sessions: Sessions,
  ) {}

  /** The stream ends with how the command ended. Who leaves before, ends the command. */
  @NodeRequest(Exec)
  exec(@Payload() request: PayloadOf<typeof Exec>, @Ctx() { stream }: DuplexContext): Promise<void> {
    const id = this.containers.idOf(request);
    stream.accept();
    return this.sessions.during(stream, () =>
      telling(stream, 'executing command in', () => this.#exec(id, request, stream)),
    );
  }

  @NodeRequest(AttachContainer)
  attach(@Payload() request: PayloadOf<typeof AttachContainer>, @Ctx() { stream }: DuplexContext): Promise<void> {
    const id = this.containers.idOf(request);
    stream.accept();
    return this.sessions.during(stream, () =>
      telling(stream, 'attaching to', async () => {
        await joined(stream, await this.runtime.attach(id, streamsOf(request)), () => Promise.resolve(0));
      }),
    );
  }

  @NodeRequest(Dial)
  async dial(@Payload() request: PayloadOf<typeof Dial>, @Ctx() { stream }: DuplexContext): Promise<void> {
    const connection = await this.dialer.dial(this.containers.podOf(request), request);
    stream.accept();
    await this.sessions.during(stream, () => carryBytes(stream, connection, { lingerMs: LINGER_MS }));
  }

  async #exec(containerId: string, request: PayloadOf<typeof Exec>, stream: AcceptableStream): Promise<void> {
    const { runtime, records } = this;
    let recorded = '';
    try {
      const session = await runtime.openExec(containerId, request.command, streamsOf(request), (execId) =>
        records.begin((recorded = execId)),
      );
      await joined(stream, session, () => session.exitCode());
    } finally {
      if (recorded !== '') await records.end(recorded);
    }
  }
}

/** Carries a session to its end, and tells how it ended. */
async function joined(
  stream: AcceptableStream,
  session: ContainerSession,
  exitCode: () => Promise<number>,
): Promise<void> {
  try {
    await carrySession(stream, session);
    await tellStatus(stream, exitStatus(await exitCode()));
  } finally {
    await session.close();
  }
}

/** What the engine does not do is told in the session, in the words of Kubernetes' kubelet. */
async function telling(stream: AcceptableStream, doing: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    await tellStatus(stream, brokenStatus(`error ${doing} container: ${error.message}`));
  }
}

type Streams = Pick<PayloadOf<typeof Exec>, 'stdin' | 'stdout' | 'stderr' | 'tty'>;

function streamsOf({ stdin = false, stdout = false, stderr = false, tty = false }: Streams): Required<Streams> {
  return { stdin, stdout, stderr, tty };
}
