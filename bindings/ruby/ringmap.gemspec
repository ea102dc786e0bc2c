# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# Built by package.sh, which puts the C files beside it.
Gem::Specification.new do |spec|
  spec.name = "ringmap"
  spec.version = "0.1.0"
  spec.summary = "Reads the Linux kernel's trace ring buffers where they lie"
  spec.authors = ["The ringmap authors"]
  spec.licenses = ["LGPL-2.1-or-later", "MIT"]
  spec.required_ruby_version = ">= 3.0"
  spec.extensions = ["ext/ringmap/extconf.rb"]
  spec.files = Dir["README.md", "lib/**/*.rb", "ext/ringmap/*.{rb,c,h}"]
end
