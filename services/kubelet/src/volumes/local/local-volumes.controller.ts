import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { NodeRequest } from '@shiplog/bus';
import { MakeLocalVolume, RemoveLocalVolume, type PayloadOf } from '@shiplog/contracts';
import { LocalVolumes } from './local-volumes';

/** Makes and removes directories of volumes, as the controller decides. */
@Controller()
export class LocalVolumesController {
  constructor(private readonly volumes: LocalVolumes) {}

  @NodeRequest(MakeLocalVolume)
  async make(@Payload() { volume }: PayloadOf<typeof MakeLocalVolume>): Promise<{ path: string }> {
    return { path: await this.volumes.make(volume) };
  }

  @NodeRequest(RemoveLocalVolume)
  async remove(@Payload() { volume, onlyEmpty }: PayloadOf<typeof RemoveLocalVolume>): Promise<object> {
    await (onlyEmpty === true ? this.volumes.removeEmpty(volume) : this.volumes.remove(volume));
    return {};
  }
}
