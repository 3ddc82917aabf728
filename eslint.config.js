// Lint: what the compiler cannot say about this code base. Each restriction tells its reason, so that whoever meets it
// knows what to do instead. An exception is a line `// eslint-disable-next-line <rule> -- <reason>`.
import pluginVue from 'eslint-plugin-vue';
import { defineConfig } from 'eslint/config';
import path from 'node:path';
import ts from 'typescript';
import tseslint from 'typescript-eslint';

const DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only: a thing then has one name everywhere, and a search finds all its uses.',
};

/** Anything that takes a string of HTML. Places, names and words come from strangers. */
const HTML = [
  {
    selector: 'AssignmentExpression > MemberExpression.left[property.name=/^(innerHTML|outerHTML|srcdoc)$/]',
    message: 'No HTML from strings: text of strangers becomes script. Use textContent, or build nodes.',
  },
  {
    selector: 'CallExpression[callee.property.name=/^(insertAdjacentHTML|createContextualFragment|setHTMLUnsafe)$/]',
    message: 'No HTML from strings: text of strangers becomes script. Use append() with nodes.',
  },
  {
    selector: "CallExpression[callee.object.name='document'][callee.property.name=/^(write|writeln)$/]",
    message: 'No HTML from strings: text of strangers becomes script. Use append() with nodes.',
  },
  {
    selector: "Property[key.name='innerHTML'], Property[key.value='innerHTML']",
    message: 'No HTML from strings: text of strangers becomes script. Use children or textContent.',
  },
  ...['Literal', 'TemplateLiteral', "BinaryExpression[operator='+']"].map((kind) => ({
    selector: `CallExpression[callee.property.name=/^(bindPopup|setPopupContent|bindTooltip|setTooltipContent|openPopup|openTooltip|setContent)$/] > ${kind}.arguments:first-child`,
    message: 'Leaflet renders a string as HTML: give it a DOM node.',
  })),
  {
    selector: "NewExpression[callee.name='Function'], CallExpression[callee.name='eval']",
    message: 'No code from strings: the content security policy refuses it, and so do we.',
  },
];

/** The clock of rules and commands is a value that a test can set. */
const CLOCK = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message:
      'Time is ctx.now() on the server and an argument in shared/: rules of the night must be testable at any hour.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
    message:
      'Time is ctx.now() on the server and an argument in shared/: rules of the night must be testable at any hour.',
  },
];

const SQL_CLOCK_MESSAGE =
  'Time is bound (:now from ctx.now()), never taken by the database: else a test cannot set it, and one command has two times.';
const SQL_CLOCK_PATTERN =
  '/(^|[^a-z0-9_.])(now\\s*\\(\\s*\\)|clock_timestamp\\s*\\(|statement_timestamp\\s*\\(|transaction_timestamp\\s*\\(|current_timestamp|current_date|localtimestamp)($|[^a-z0-9_])/i';
/** Any string, since SQL is found everywhere; `ctx.now()` and a bound `:now` in a sentence pass. */
const SQL_CLOCK = [
  { selector: `TemplateElement[value.raw=${SQL_CLOCK_PATTERN}]`, message: SQL_CLOCK_MESSAGE },
  { selector: `Literal[value=${SQL_CLOCK_PATTERN}]`, message: SQL_CLOCK_MESSAGE },
];

const PROCESS_ENV = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only server/config.ts reads the environment: it checks every variable at once and tells all that is wrong.',
};

const ENV_IMPORT = [
  { name: 'node:process', importNames: ['env'], message: PROCESS_ENV.message },
  { name: 'process', message: PROCESS_ENV.message },
];
const WHOLE_ZOD = ['zod', 'zod/v4', 'zod/v3'].map((name) => ({
  name,
  message:
    "Import from 'zod/mini': the whole of zod is ten times larger in a browser, and both sides share the schemas.",
}));

/**
 * SQL text is constant; values are bound. A template literal as the SQL may put in only fragments that this code base wrote:
 * constants in CAPITALS, functions whose name ends in Sql, and the geography fragments of server/db (as..., inSubtree).
 */
const sqlFragmentsOnly = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      bound:
        'A value in the text of SQL is an injection waiting. Bind it (:name), or, for a piece of SQL, use a CONSTANT or a function named ...Sql, as... or inSubtree that returns only text from the code.',
      joined: 'SQL text is not joined with +: bind values (:name), or use a template literal with SQL fragments.',
    },
  },
  create(context) {
    const runsSql = /^(raw|rows|row|one|maybeOne|oneOrNone|execute|unsafe)$/;
    const fragmentConstant = /^[A-Z][A-Z0-9_]*$/;
    const fragmentFunction = /(Sql$|^as[A-Z]|^inSubtree$)/;

    const nameOf = (node) => {
      if (node.type === 'Identifier') return node.name;
      if (node.type === 'MemberExpression' && !node.computed) return nameOf(node.property);
      return '';
    };
    const isFragment = (node) => {
      if (node.type === 'CallExpression') return fragmentFunction.test(nameOf(node.callee));
      if (node.type === 'ConditionalExpression') return isText(node.consequent) && isText(node.alternate);
      // SORTS[sort]: a look-up in a table of constants, the allow-list for sort orders and columns
      if (node.type === 'MemberExpression' && node.computed) return fragmentConstant.test(nameOf(node.object));
      if (
        node.type === 'MemberExpression' &&
        node.object.type === 'Identifier' &&
        fragmentConstant.test(node.object.name)
      )
        return true;
      return fragmentConstant.test(nameOf(node));
    };
    const isText = (node) =>
      node.type === 'Literal' ||
      (node.type === 'TemplateLiteral' ? node.expressions.every(isFragment) : isFragment(node));

    const check = (text) => {
      if (text.type === 'TemplateLiteral') {
        for (const expression of text.expressions)
          if (!isFragment(expression)) context.report({ node: expression, messageId: 'bound' });
      } else if (text.type === 'BinaryExpression' && text.operator === '+')
        context.report({ node: text, messageId: 'joined' });
    };
    return {
      CallExpression(node) {
        if (!runsSql.test(nameOf(node.callee))) return;
        // row helpers take the database first and the text second: row(ctx.db, `select ...`, bindings)
        for (const argument of node.arguments.slice(0, 2)) check(argument);
      },
      TaggedTemplateExpression(node) {
        if (runsSql.test(nameOf(node.tag))) check(node.quasi);
      },
    };
  },
};

/** The script of a component as it will be given to the parser below; where there are two or it is generic, the service helps. */
const scriptOf = (component) => /<script\b[^>]*>([^]*?)<\/script>/.exec(component)?.[1] ?? '';

/**
 * All code as one program of the compiler. typescript-eslint's own service has one for each folder, so that what is shared is
 * understood five times, and begins a new one at each component, whose script is not what the file holds.
 */
function wholeProgram() {
  const test = path.join(import.meta.dirname, 'test');
  const { config } = ts.readConfigFile(path.join(test, 'tsconfig.json'), ts.sys.readFile);
  config.include = ['server', 'shared', 'web', 'migrations', 'test'].map((folder) => `../${folder}/**/*`);
  const component = { extension: '.vue', isMixedContent: true, scriptKind: ts.ScriptKind.Deferred };
  const more = { incremental: false, allowNonTsExtensions: true };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, test, more, undefined, undefined, [component]);
  const host = ts.createCompilerHost(parsed.options, true);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version, ...rest) =>
    name.endsWith('.vue')
      ? ts.createSourceFile(name, scriptOf(ts.sys.readFile(name)), version, true, ts.ScriptKind.TS)
      : getSourceFile(name, version, ...rest);
  return ts.createProgram(parsed.fileNames, parsed.options, host);
}

/** In an editor files change, which the service follows. */
const onceThrough = /[\\/]eslint(\.js)?$/.test(process.argv[1] ?? '');
let program;
/** typescript-eslint's parser, with types from the whole program wherever that holds the very text. */
const parser = {
  ...tseslint.parser,
  parseForESLint(code, options) {
    if (!onceThrough || options.projectService !== true) return tseslint.parser.parseForESLint(code, options);
    program ??= wholeProgram();
    const held = program.getSourceFile(options.filePath)?.text === code;
    const from = held ? { projectService: undefined, programs: [program] } : {};
    return tseslint.parser.parseForESLint(code, { ...options, ...from });
  },
};

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'test-results/', 'data/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // every TypeScript file and component
  {
    files: ['**/*.ts', '**/*.vue'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { warmpath: { rules: { 'sql-fragments-only': sqlFragmentsOnly } } },
    languageOptions: {
      parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.vue'] },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...HTML, PROCESS_ENV],
      'no-restricted-imports': ['error', { paths: [...WHOLE_ZOD, ...ENV_IMPORT] }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // type or interface, Record or index signature, generic on which side: a matter of reading, not of rule
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/consistent-generic-constructors': 'off',
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off', // asks for the ! that no-non-null-assertion forbids
      '@typescript-eslint/no-empty-function': 'off',
      // `a || b` for an empty string is often what is meant; ?? is asked for only where both mean the same
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: true, ignoreConditionalTests: true },
      ],
      '@typescript-eslint/no-unused-vars': 'off', // the compiler says it (noUnusedLocals, noUnusedParameters)
      '@typescript-eslint/dot-notation': 'off', // noPropertyAccessFromIndexSignature asks for the brackets
      '@typescript-eslint/require-await': 'off', // a function that must return a promise may have nothing to wait for
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // rows of the database and answers of the wire are parsed with a schema; these cost a third of the time of lint
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },

  {
    files: ['server/**/*.ts'],
    rules: {
      'warmpath/sql-fragments-only': 'error',
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...HTML, ...SQL_CLOCK, PROCESS_ENV],
    },
  },
  {
    // commands, facts and timed work
    files: ['server/*/**/*.ts'],
    ignores: ['server/http/**', 'server/db/**', 'server/demo/**'],
    rules: { 'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...HTML, ...SQL_CLOCK, ...CLOCK, PROCESS_ENV] },
  },
  {
    files: ['shared/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...HTML, ...CLOCK, PROCESS_ENV] },
  },
  {
    files: ['migrations/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...SQL_CLOCK, PROCESS_ENV] },
  },
  {
    files: ['server/config.ts'],
    rules: {
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...HTML],
      'no-restricted-imports': ['error', { paths: WHOLE_ZOD }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', DEFAULT_EXPORT],
      'no-restricted-imports': ['error', { paths: WHOLE_ZOD }],
      // bodies of answers and pages' windows are read as they come
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // types for a package of others, which exports as it does
    files: ['**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // tools ask for a default export, and run in Node outside the type-check of their folder
    files: ['web/vite.config.ts', 'test/vitest.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { 'no-restricted-syntax': 'off' },
  },

  {
    // lint's compiler does not open components (vue-tsc does), so whatever comes from one has no type here
    files: ['web/**/*.ts', 'web/**/*.vue'],
    ignores: ['web/vite.config.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },

  // components
  {
    files: ['web/**/*.vue'],
    extends: [pluginVue.configs['flat/recommended']],
    languageOptions: { parserOptions: { parser } },
    rules: {
      'vue/no-v-html': 'error',
      'vue/no-v-text-v-html-on-component': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/no-undef-components': 'error',
      'vue/multi-word-component-names': 'off', // Desk.vue is Desk
      // one way of writing, but prettier's
      ...Object.fromEntries(
        [
          'html-closing-bracket-newline',
          'html-closing-bracket-spacing',
          'html-indent',
          'html-quotes',
          'html-self-closing',
          'max-attributes-per-line',
          'first-attribute-linebreak',
          'multiline-html-element-content-newline',
          'singleline-html-element-content-newline',
          'mustache-interpolation-spacing',
          'no-multi-spaces',
          'no-spaces-around-equal-signs-in-attribute',
        ].map((name) => [`vue/${name}`, 'off']),
      ),
    },
  },
);
