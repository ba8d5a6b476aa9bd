;; extends

; Shell in the commands of tool steps, markdown in prompts. Semantic tokens of the server are exact in every case, also
; in attributes with a dotted key, which the grammar of tree-sitter takes for an error.

((attribute
   name: (id) @_name
   value: (id) @injection.content)
 (#any-of? @_name "tool_command" "script")
 (#offset! @injection.content 0 1 0 -1)
 (#set! injection.language "bash"))

((attribute
   name: (id) @_name
   value: (id) @injection.content)
 (#any-of? @_name "prompt" "llm_prompt")
 (#offset! @injection.content 0 1 0 -1)
 (#set! injection.language "markdown_inline"))
