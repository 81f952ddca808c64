"""The Scrapy project and the command line."""
