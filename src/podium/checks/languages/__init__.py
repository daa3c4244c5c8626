"""JavaScript, TypeScript, Go and Rust, read by their syntax trees."""
