//! `fervor demo`: the shipped example, scored and explained in one screen.
