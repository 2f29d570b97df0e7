import { Controller } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { NatsTransport, NodeRequest, type Bus } from '@shiplog/bus';
import { Attach, Detach, type PayloadOf, type ReplyOf } from '@shiplog/contracts';
import { runProgram } from '@shiplog/hostnet';
import { LOGGER, StatusFilter } from '@shiplog/service';
import { pino } from 'pino';

/** Answers in the place of a network agent: an address inside the pod is all that a pod without neighbours needs. */
@Controller()
export class NetworkStandIn {
  /** Addresses by pod uid. */
  readonly attached = new Map<string, string>();
  /** Whether pods are real, and get their address. */
  entersNamespaces = true;
  /** Given in place of an address. */
  refusal: Error | undefined;
  #addresses = 1;

  /** Serves on a network agent's bus, for as long as that is open. */
  static async serve(bus: Bus): Promise<NetworkStandIn> {
    const module = await Test.createTestingModule({
      controllers: [NetworkStandIn],
      providers: [
        { provide: APP_FILTER, useClass: StatusFilter },
        { provide: LOGGER, useValue: pino({ level: 'silent' }) },
      ],
    }).compile();
    await module.createNestMicroservice({ strategy: new NatsTransport(bus, { complete: false }) }).listen();
    return module.get(NetworkStandIn);
  }

  @NodeRequest(Attach)
  async attach({ uid, pid }: PayloadOf<typeof Attach>): Promise<ReplyOf<typeof Attach>> {
    if (this.refusal !== undefined) throw this.refusal;
    const ip = this.attached.get(uid) ?? `10.9.0.${++this.#addresses}`;
    if (this.entersNamespaces) {
      await runProgram('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'addr', 'replace', `${ip}/32`, 'dev', 'lo']);
    }
    this.attached.set(uid, ip);
    return { ip, gateway: '10.9.0.1' };
  }

  @NodeRequest(Detach)
  detach({ uid }: PayloadOf<typeof Detach>): ReplyOf<typeof Detach> {
    this.attached.delete(uid);
    return {};
  }
}
