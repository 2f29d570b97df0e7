import { checkCommand } from '.';

const command = (change: Record<string, unknown> = {}) => ({
  id: 'c1',
  type: 'DeleteObject',
  actor: 'someone',
  data: { resource: 'pods', namespace: 'default', name: 'web' },
  ...change,
});

describe('a command from the wire', () => {
  it('passes when it has all that its type asks for', () => {
    expect(checkCommand(command())).toEqual({ ok: true, command: command() });
  });

  it.each([
    ['nothing', undefined, 'must be a JSON object'],
    ['a number', 7, 'must be a JSON object'],
    ['no id', command({ id: undefined }), 'id must be a text'],
    ['an empty id', command({ id: '' }), 'id must not be empty'],
    ['an id that is too long', command({ id: 'x'.repeat(201) }), 'id must have at most 200 characters'],
    ['a control character in its id', command({ id: 'a\u001fb' }), 'id must be a text'],
    ['an unknown type', command({ type: 'Explode' }), 'type must be one of CreateObject'],
    ['no actor', command({ actor: undefined }), 'actor must be a text'],
    ['a cause that is no position', command({ cause: -1 }), 'cause must be a position'],
    ['no data', command({ data: undefined }), 'data must be a JSON object'],
    [
      'an unknown resource',
      command({ data: { resource: 'cats', namespace: '', name: 'a' } }),
      'data.resource must name',
    ],
    ['no name', command({ data: { resource: 'pods', namespace: '' } }), 'data.name must be a text'],
    [
      'an object without metadata',
      command({ type: 'CreateObject', data: { resource: 'pods', namespace: '', object: {} } }),
      'data.object.metadata must be',
    ],
    [
      'a patch without a patch',
      command({ type: 'PatchObject', data: { ...command().data, patchType: 'merge' } }),
      'data.patch is required',
    ],
    [
      'a policy that is none',
      command({ data: { ...command().data, propagationPolicy: 'Maybe' } }),
      'data.propagationPolicy must be one of',
    ],
    [
      'bindings that are no list',
      command({ type: 'BindPods', data: { bindings: {} } }),
      'data.bindings must be a list',
    ],
    [
      'a binding without a node',
      command({ type: 'BindPods', data: { bindings: [{ namespace: 'a', name: 'b', uid: 'c' }] } }),
      'data.bindings.0.node must be a text',
    ],
  ])('with %s is refused with the place and the reason', (_, value, message) => {
    const checked = checkCommand(value);
    expect(checked).toMatchObject({ ok: false, status: { code: 400, reason: 'BadRequest' } });
    expect(checked.ok ? '' : checked.status.message).toContain(message);
  });
});
