import numpy as np
import pytest

from hibiscus.series import guerrero_lambda, variance_transform

# Box, Jenkins, 1976, series G, in thousands
PASSENGERS = np.array(
    [
        *(112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170),
        *(158, 133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181),
        *(183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201),
        *(204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347),
        *(312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348),
        *(355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337),
        *(360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606),
        *(508, 461, 390, 432),
    ],
    np.float64,
)


def test_guerreros_lambda_of_the_passengers_is_that_of_r():
    assert guerrero_lambda(PASSENGERS, 12) == pytest.approx(-0.2947, abs=2e-4)  # forecast::BoxCox.lambda
    assert variance_transform(PASSENGERS, 12) == "log"


def test_the_transform_of_simulated_series():
    rng = np.random.default_rng(0)
    level = np.linspace(20, 200, 240)
    noise = rng.normal(size=240)
    assert variance_transform(level + 3 * noise, 12) == "none"
    assert variance_transform(level * np.exp(0.1 * noise), 12) == "log"
    assert variance_transform((np.sqrt(level) + 0.6 * noise) ** 2 + 0.01) == "sqrt"
    assert variance_transform(level - 100 + noise, 12) == "none"
    assert variance_transform([3.0], 12) == "none"
