import fc from 'fast-check';
import { COMMANDS, commandProblem } from '.';

const command = (change: Record<string, unknown> = {}) => ({
  id: 'c1',
  type: 'DeleteObject',
  actor: 'someone',
  data: { resource: 'pods', namespace: 'default', name: 'web' },
  ...change,
});
const named = (name: string) => command({ data: { ...command().data, name } });

describe('a command from the wire', () => {
  it('passes when it has all that its type asks for', () => {
    expect(commandProblem(command())).toBeUndefined();
  });

  it.each([
    ['nothing', undefined, 'must be a JSON object'],
    ['a number', 7, 'must be a JSON object'],
    ['a list', [], 'must be a JSON object'],
    ['no id', command({ id: undefined }), 'id is required'],
    ['a number as its id', command({ id: 7 }), 'id must be 1 to 200 characters of printable ASCII'],
    ['an empty id', command({ id: '' }), 'id must be 1 to 200 characters of printable ASCII'],
    ['an id that is too long', command({ id: 'x'.repeat(201) }), 'id must be 1 to 200 characters of printable ASCII'],
    ['a control character in its id', command({ id: 'a\u001fb' }), 'id must be 1 to 200 characters of printable ASCII'],
    [
      'half of a surrogate pair in its id',
      command({ id: 'a\ud800' }),
      'id must be 1 to 200 characters of printable ASCII',
    ],
    [
      'half of a surrogate pair in its actor',
      command({ actor: '\udc00b' }),
      'actor must be 1 to 200 characters of printable ASCII',
    ],
    ['a line break in its actor', command({ actor: 'a\nb' }), 'actor must be 1 to 200 characters of printable ASCII'],
    ['a control character in a name', named('a\u007f'), 'data.name must not hold control characters'],
    ['half of a surrogate pair in a name', named('\ud83d'), 'data.name must not hold control characters or broken'],
    [
      'a letter beyond ASCII in its actor',
      command({ actor: 'Zoë' }),
      'actor must be 1 to 200 characters of printable ASCII',
    ],
    [
      'an actor that is too long',
      command({ actor: 'x'.repeat(201) }),
      'actor must be 1 to 200 characters of printable ASCII',
    ],
    ['an unknown type', command({ type: 'Explode' }), 'type must be one of CreateObject, '],
    ['a type that every object has', command({ type: 'constructor' }), 'type must be one of CreateObject, '],
    ['no actor', command({ actor: undefined }), 'actor is required'],
    ['a cause that is no position', command({ cause: -1 }), 'cause must be a position: a whole number from 0'],
    ['a basis beyond what a number holds', command({ basis: 2 ** 53 }), 'basis must be a position'],
    ['no data', command({ data: undefined }), 'data is required'],
    ['data that is a text', command({ data: 'x' }), 'data must be a JSON object'],
    [
      'a resource that is no name',
      command({ data: { resource: '', namespace: '', name: 'a' } }),
      'data.resource must not be empty',
    ],
    ['no name', command({ data: { resource: 'pods', namespace: '' } }), 'data.name is required'],
    [
      'an object without metadata',
      command({ type: 'CreateObject', data: { resource: 'pods', namespace: '', object: {} } }),
      'data.object.metadata is required',
    ],
    [
      'a patch without a patch',
      command({ type: 'PatchObject', data: { ...command().data, patchType: 'merge' } }),
      'data.patch is required',
    ],
    [
      'a policy that is none',
      command({ data: { ...command().data, propagationPolicy: 'Maybe' } }),
      'data.propagationPolicy must be one of Background, Foreground, Orphan',
    ],
    [
      'bindings that are no list',
      command({ type: 'BindPods', data: { bindings: {} } }),
      'data.bindings must be a list',
    ],
    [
      'a binding without a node',
      command({ type: 'BindPods', data: { bindings: [{ namespace: 'a', name: 'b', uid: 'c' }] } }),
      'data.bindings.0.node is required',
    ],
  ])('with %s is refused with the place and the reason', (_, value, problem) => {
    expect(commandProblem(value)).toContain(problem);
  });

  it('may name with any character that is whole, also beyond the first 65536', () => {
    expect(commandProblem(named('Zoë 🚢'))).toBeUndefined();
  });

  it('is never trusted, and never throws, whatever it is', () => {
    const types = fc.constantFrom(...COMMANDS.map(({ name }) => name));
    const likeACommand = fc.record({ id: fc.anything(), type: types, actor: fc.string(), data: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), likeACommand), (value) => {
        expect(typeof (commandProblem(value) ?? 'fine')).toBe('string');
      }),
    );
  });
});
