import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import vue from 'eslint-plugin-vue';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'node_modules'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue', '**/*.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // vue-tsc resolves names; this rule does not know the browser's types
      'no-undef': 'off',
      'vue/multi-word-component-names': 'off',
      // the page's policy allows neither inline markup from data nor inline styles
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      eqeqeq: 'error',
    },
  },
  prettier,
);
