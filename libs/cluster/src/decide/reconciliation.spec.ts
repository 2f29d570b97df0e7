import { cluster, create } from './testing/given';

const reconciled = { by: 'namespaces', key: 'default', now: 1, plan: 'x' };

describe('how a controller came to a command', () => {
  it('is told once, by the first of its events', () => {
    const at = cluster();
    for (const name of ['a', 'b']) at.given(create('configmaps', name));
    const data = { resource: 'configmaps', namespace: 'default' };
    const { events } = at.when({ type: 'DeleteCollection', data, reconciled });
    expect(events.map((event) => event.data.reconciled)).toEqual([reconciled, undefined]);
  });

  it('is told of no command of a user', () => {
    const { events } = cluster().when(create('configmaps', 'a'));
    expect(events.map(({ data }) => Object.keys(data))).toEqual([['object']]);
  });
});
