"""How far can an answer be trusted? Each module puts one question to the numbers behind a posterior."""
