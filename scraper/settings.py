"""Scrapy's settings: every one we change, each with its reason. `CrawlOptions.settings` adds those of one crawl."""

from importlib.metadata import version

BOT_NAME = "pressclip"
SPIDER_MODULES = ["scraper.spiders"]

# who we are; the contact is added for each crawl
USER_AGENT = f"pressclip/{version('pressclip')}"
ROBOTSTXT_USER_AGENT = "pressclip"

# robots.txt: Scrapy's own middleware lets disallowed requests through under concurrency
ROBOTSTXT_OBEY = True
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scraper.fetch.robots.Robots": 100,
    "scraper.fetch.rights.TdmRules": 110,
    "scraper.fetch.rights.LicenceFiles": 120,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scraper.fetch.pacing.RetryAfter": 550,
    # one decoder for the crawl and for what reads its archive
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scraper.fetch.decoding.Decoding": 590,
}
# after AutoThrottle (0): it sees the slot's delay last
EXTENSIONS = {
    "scraper.fetch.logs.PrintableLogs": 1,
    "scraper.fetch.pacing.CrawlDelay": 10,
    # what is kept goes through the frontier and the archive: feeds lose items when killed
    "scrapy.extensions.feedexport.FeedExporter": None,
}
ITEM_PIPELINES = {
    "scraper.crawl.pipelines.CleanPipeline": 100,
    "scraper.crawl.renderings.RenderPipeline": 150,
    "scraper.crawl.pipelines.StorePipeline": 200,
}

# one request a host at a time, this far apart; no jitter, since the delay is the least time and not the mean
DOWNLOAD_DELAY = 2
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 2
CONCURRENT_REQUESTS = 16
# for each response, which gives one item at most, Scrapy starts so many tasks
CONCURRENT_ITEMS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1

# bytes of responses whose sources are being read and pages cleaned before nothing more is requested: two sitemaps of
# 50 MB stop no other host
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 128 * 2**20

# bounds: Media Cloud caps HTML at 10 MB, CC-NEWS at 5 MiB
DOWNLOAD_MAXSIZE = 10 * 2**20
DOWNLOAD_WARNSIZE = 5 * 2**20
DOWNLOAD_TIMEOUT = 30
DNS_TIMEOUT = 20
REDIRECT_MAX_TIMES = 5
MEMUSAGE_LIMIT_MB = 2048

# a timeout or an unknown name is not asked again at once: a server that drips would cost 90 seconds instead of 30
RETRY_TIMES = 2
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "twisted.internet.error.ConnectError",
]
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"

# IPv6 too; the guard checks every address of a name
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"

# only http and https, recorded and guarded
DOWNLOAD_HANDLERS = {
    "http": "scraper.fetch.recording.RecordingHandler",
    "https": "scraper.fetch.recording.RecordingHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True
# a body cut short is recorded as such instead of being lost
DOWNLOAD_FAIL_ON_DATALOSS = False
# the guard looks at the peer, which a proxy would hide; loopback sites must not go through one either
HTTPPROXY_ENABLED = False
# the spider follows it, so that each address has its own end
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # pywb and warcio cannot read zstd, and brotli only with more libraries
    "Accept-Encoding": "gzip",
}

# the frontier is the memory: no request queue on disk, no duplicates filter, no pickle
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
JOBDIR = None

# both would listen and run code
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# our callbacks are known to return nothing from generators; looking costs a page 1 ms
WARN_ON_GENERATOR_RETURN_VALUE = False

LOG_LEVEL = "ERROR"
