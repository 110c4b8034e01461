"""Problems as Gymnasium environments."""
