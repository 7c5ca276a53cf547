"""bayesdx: ranks the diagnoses behind a calcified lesion of the spine, skull base or brain, with its sources."""
