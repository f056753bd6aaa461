module plimsoll.dev/schemas/generator

go 1.26
