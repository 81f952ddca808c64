"""How each demo site draws its pages: four layouts, no two with the same markup."""
