// Names the modules of the reference as one imports them, instead of by their folders.
import { Converter } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = module.name.replace(/^([a-z-]+)\/src(\/.+)?$/, '@asyngular/$1$2');
    }
  });
}
