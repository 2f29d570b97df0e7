import { Inject, Injectable } from '@nestjs/common';
import { BusUnavailable, type Bus } from '@shiplog/bus';
import { MakeLocalVolume, RemoveLocalVolume, StatusError } from '@shiplog/contracts';
import { BUS } from '@shiplog/service';
import type { LocalVolumes, Made, Removed } from './controllers/volumes/local-volumes';

/** A directory may hold much: a node that isn't done by then is asked again, and goes on. */
const TIMEOUT_MS = 20_000;

/** The directories that nodes keep for volumes: their kubelets are asked for them. */
@Injectable()
export class NodeVolumes implements LocalVolumes {
  constructor(@Inject(BUS) private readonly bus: Pick<Bus, 'ask'>) {}

  async make(node: string, volume: string): Promise<Made> {
    try {
      const { path } = await this.bus.ask(MakeLocalVolume, { volume }, { node }, { timeoutMs: TIMEOUT_MS });
      return { ok: true, path };
    } catch (error) {
      return failure(error, node);
    }
  }

  async remove(node: string, volume: string, options: { readonly onlyEmpty?: boolean } = {}): Promise<Removed> {
    try {
      await this.bus.ask(RemoveLocalVolume, { volume, ...options }, { node }, { timeoutMs: TIMEOUT_MS });
      return { ok: true };
    } catch (error) {
      return failure(error, node);
    }
  }
}

/** Throws what is neither the node's word nor its silence. */
function failure(error: unknown, node: string): { ok: false; problem: string } {
  if (error instanceof BusUnavailable) return { ok: false, problem: `node "${node}" does not answer` };
  if (error instanceof StatusError) return { ok: false, problem: error.message };
  throw error;
}
