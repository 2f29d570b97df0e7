import type { ReadonlyCluster } from '@shiplog/cluster';
import { DEFINITIONS } from '@shiplog/apimachinery';
import type { ObjectOf } from '@shiplog/contracts';
import { SETTLED, type Controller, type KeysOf } from '../../runtime/domain/controller';
import { decideDefinition, type DefinitionOutcome } from './decide';

/** Lets CustomResourceDefinitions go after the objects of their resources. Keys: names of definitions. */
export function definitionController(
  /** Resolves when the state holds all that the journal had committed at the time of asking. */
  upToDate: () => Promise<void>,
): Controller {
  return {
    name: 'definitions',
    watches: { [DEFINITIONS]: keysOfDefinition },
    watchesAll: keysOfObjects,
    allKeys: (state) => state.list(DEFINITIONS).map(({ metadata }) => metadata.name),
    reconcile: async (key, request) => {
      const { state, now } = request;
      const decided = (): DefinitionOutcome => {
        const definition = state.get(DEFINITIONS, '', key);
        if (definition === undefined) return { kind: 'none' };
        const mayHaveNames = mayHaveItsNames(definition, state);
        return decideDefinition({ definition, objects: state.list(key), mayHaveNames, now });
      };
      let outcome = decided();
      if (outcome.kind === 'finalize') {
        await upToDate();
        outcome = decided();
      }
      return 'commands' in outcome ? { commands: outcome.commands, basis: request.position } : SETTLED;
    },
  };
}

type Definition = ObjectOf<typeof DEFINITIONS>;

/** Whoever waits for the names of a definition that is gone, beside that itself. */
const keysOfDefinition: KeysOf<typeof DEFINITIONS> = ({ before, after }, state) => {
  if (after !== undefined) return [after.metadata.name];
  const group = before?.spec?.group;
  return state.list(DEFINITIONS).flatMap(({ metadata, spec }) => (spec?.group === group ? [metadata.name] : []));
};

/** Objects matter only where their definition is to go. */
const keysOfObjects: KeysOf = ({ resource }, state) =>
  state.get(DEFINITIONS, '', resource)?.metadata.deletionTimestamp === undefined ? [] : [resource];

/** Whether a definition lacks names that no other of its group has. */
function mayHaveItsNames(definition: Definition, state: ReadonlyCluster): boolean {
  if (
    definition.status?.conditions?.some(({ type, status }) => type === 'NamesAccepted' && status === 'False') !== true
  )
    return false;
  const wanted = new Set(namesOf(definition.spec?.names));
  return !state
    .list(DEFINITIONS)
    .filter(
      ({ metadata, spec }) => metadata.name !== definition.metadata.name && spec?.group === definition.spec?.group,
    )
    .some(({ status }) => namesOf(status?.acceptedNames).some((name) => wanted.has(name)));
}

function namesOf(names: NonNullable<Definition['spec']>['names'] | undefined): string[] {
  if (names === undefined) return [];
  const { plural, singular = '', kind, listKind = '', shortNames = [] } = names;
  return [plural, singular, kind, listKind, ...shortNames].filter((name) => name !== '');
}
