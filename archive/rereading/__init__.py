"""Read stored records again for what they say about the use of pages."""
