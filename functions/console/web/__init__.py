"""HTTP as the console speaks it: pages that are HTML or JSON, forms, cookies, security headers."""
