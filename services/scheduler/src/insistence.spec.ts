import { BusUnavailable } from '@shiplog/bus';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { insist } from './insistence';

const command: AnyCommand = { id: 'c', type: 'BindPods', actor: 'a', data: { bindings: [] } };
const reply: CommandReply = { ok: true, position: 1, events: 0 };
const away = new BusUnavailable('subject', 10_000, 'nobody listens');

describe('insist', () => {
  it('sends the same command again until it is answered, and says each time that it was not', async () => {
    const send = jest.fn().mockRejectedValueOnce(away).mockRejectedValueOnce(away).mockResolvedValue(reply);
    const onUnavailable = jest.fn();
    await expect(insist(command, { command: send, onUnavailable, isStopped: () => false })).resolves.toBe(reply);
    expect(send.mock.calls).toEqual([[command], [command], [command]]);
    expect(onUnavailable).toHaveBeenCalledTimes(2);
  });

  it('gives up when the service stops', async () => {
    const send = jest.fn().mockRejectedValue(away);
    const options = { command: send, onUnavailable: jest.fn(), isStopped: () => send.mock.calls.length > 0 };
    await expect(insist(command, options)).resolves.toBeUndefined();
  });

  it('does not hide an error that repeating cannot cure', async () => {
    const broken = new Error('too large');
    const options = { command: () => Promise.reject(broken), onUnavailable: jest.fn(), isStopped: () => false };
    await expect(insist(command, options)).rejects.toBe(broken);
  });
});
